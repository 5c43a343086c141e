// What the extension adds to planning. It runs after views and rules have been rewritten and after
// cached statements have been copied, so that stored trees stay as they were written.
#pragma once

namespace tenancy::pg {

void install_planner();

}  // namespace tenancy::pg
