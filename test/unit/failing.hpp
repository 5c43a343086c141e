// Makes the n-th allocation fail, one of ours (operator new) or one of OpenSSL's, or the n-th call
// of OpenSSL.
#pragma once

namespace tenancy::test {

// Each counts down to what fails; negative: nothing does.
extern long ours_until_failure, openssl_until_failure, call_until_failure;

// OpenSSL takes another allocator only before its first allocation.
extern const bool openssl_allocates_through_us;

}  // namespace tenancy::test
