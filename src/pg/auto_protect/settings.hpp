// The settings of auto-protection.
#pragma once

namespace tenancy::pg::auto_protect {

enum class Mode { off, typed, all };

Mode mode();
// Names of the schemas whose new tables are all protected, as written in the setting.
const char* schemas();

void define_settings();

}  // namespace tenancy::pg::auto_protect
