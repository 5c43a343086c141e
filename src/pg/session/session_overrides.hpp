#pragma once

namespace tenancy::pg::session {

// The name of a watched setting that this session has overridden; nullptr where there is none.
const char* overridden_setting();

}  // namespace tenancy::pg::session
