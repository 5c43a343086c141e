// The border between C++ (exceptions, destructors) and PostgreSQL (ereport, siglongjmp).
//
// Two doors, and no other way through:
//
//   entry(f), judge(f)   PostgreSQL calls us.   No C++ exception may leave f.
//   call(f), attempt(f)  We call PostgreSQL.    No siglongjmp may pass a C++ frame.
//
// A PostgreSQL error raised inside call() becomes a PgError, which unwinds the C++ frames
// (running their destructors) up to entry(), where the very same error goes on its way with its
// SQLSTATE, detail, hint and constraint name. It stays on PostgreSQL's own error stack meanwhile:
// nothing is copied, so nothing is lost and nothing can fail.
//
// PgError can not be swallowed, because the statement that failed must roll back: while one is
// owed, call() refuses to run anything and entry() raises the error whatever the body returns.
// Code that wants to survive an error runs inside attempt(), which is a subtransaction.
#pragma once

#include <csetjmp>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "core/result.hpp"
#include "pg/postgres.hpp"
#include "pg/sqlstate.hpp"

namespace tenancy::pg {

// Thrown by call(). Carries nothing, and is not a std::exception, so that a catch clause meant
// for C++ errors does not catch it.
struct PgError final {};

// True from the moment call() catches an error until entry(), judge() or attempt() deals with it.
inline bool error_owed = false;

// A refusal, as it is to be reported. Throw it anywhere between entry() and call().
class Refused final : public std::exception {
 public:
  Refused(int sqlstate, std::string message, std::string detail = {}, std::string hint = {})
      : sqlstate_(sqlstate),
        message_(std::move(message)),
        detail_(std::move(detail)),
        hint_(std::move(hint)) {}

  int sqlstate() const noexcept { return sqlstate_; }
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& detail() const noexcept { return detail_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  int sqlstate_;
  std::string message_, detail_, hint_;
};

// Copies `text`, cut to fit. A cut may not leave half a character: clients refuse such a message.
template <std::size_t N>
void cut_to_fit(char (&buffer)[N], const char* text) noexcept {
  strlcpy(buffer, text, N);
  const int length = static_cast<int>(strlen(buffer));
  buffer[pg_mbcliplen(buffer, length, length)] = 0;
}

// What goes out through a door, copied out of the exception: siglongjmp from inside a catch
// clause would never release it. One per process is enough, as an error is reported at once.
struct Outgoing {
  int sqlstate;
  char message[512];
  char detail[1024];
  char hint[1024];

  void set(int state, const char* m, const char* d = "", const char* h = "") noexcept {
    sqlstate = state;
    cut_to_fit(message, m);
    cut_to_fit(detail, d);
    cut_to_fit(hint, h);
  }
};
inline Outgoing outgoing;

// Fills `outgoing` from the exception in flight. Call it only inside a catch clause.
inline void describe_current_exception() noexcept {
  try {
    throw;
  } catch (const Refused& e) {
    outgoing.set(e.sqlstate(), e.what(), e.detail().c_str(), e.hint().c_str());
  } catch (const std::bad_alloc&) {
    outgoing.set(ERRCODE_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    outgoing.set(ERRCODE_INTERNAL_ERROR, "internal error of pg_tenancy", e.what());
  } catch (...) {
    outgoing.set(ERRCODE_INTERNAL_ERROR, "internal error of pg_tenancy",
                 "An unknown C++ exception was thrown.");
  }
}

// Raises what `outgoing` holds. Never returns, and no C++ object is alive in the caller.
[[noreturn]] inline void raise_outgoing() {
  ereport(ERROR, (errcode(outgoing.sqlstate), errmsg_internal("%s", outgoing.message),
                  outgoing.detail[0] ? errdetail_internal("%s", outgoing.detail) : 0,
                  outgoing.hint[0] ? errhint("%s", outgoing.hint) : 0));
  pg_unreachable();
}

// Runs `f`, which may call anything in PostgreSQL. `f` must hold no C++ object with a destructor:
// siglongjmp jumps over it. Captures are checked here; its locals are up to the reader.
template <typename F>
auto call(F f) -> std::invoke_result_t<F&> {
  using R = std::invoke_result_t<F&>;
  static_assert(std::is_trivially_destructible_v<F>,
                "capture by reference: siglongjmp skips destructors");
  static_assert(std::is_void_v<R> || std::is_trivially_copyable_v<R>, "return plain data");

  if (error_owed) throw PgError{};
  sigjmp_buf* const saved_stack = PG_exception_stack;
  ErrorContextCallback* const saved_context = error_context_stack;
  const MemoryContext saved_memory = CurrentMemoryContext;
  sigjmp_buf here;

  if (sigsetjmp(here, 0) == 0) {
    PG_exception_stack = &here;
    if constexpr (std::is_void_v<R>) {
      f();
      PG_exception_stack = saved_stack;
      error_context_stack = saved_context;
      return;
    } else {
      R result = f();
      PG_exception_stack = saved_stack;
      error_context_stack = saved_context;
      return result;
    }
  }
  PG_exception_stack = saved_stack;
  error_context_stack = saved_context;
  MemoryContextSwitchTo(saved_memory);
  error_owed = true;
  throw PgError{};
}

// What attempt() survived.
struct Survived {
  int sqlstate;
  char message[256];
};

// Runs `f` in a subtransaction. Returns true if it went through; else everything it did is rolled
// back and `survived` says why. C++ exceptions roll back too and go on, and so does a cancelled
// query: whoever cancelled it does not want to hear that it was survived.
template <typename F>
bool attempt(F f, Survived* survived) {
  const MemoryContext memory = CurrentMemoryContext;
  const ResourceOwner owner = CurrentResourceOwner;
  // However f ends, its subtransaction does too: left open, the caller's handler (an exception
  // block of PL/pgSQL) would roll back ours in place of its own.
  const auto roll_back = [&] {
    const bool failed_in_postgres = std::exchange(error_owed, false);
    MemoryContextSwitchTo(memory);
    call([&] {
      if (failed_in_postgres) FlushErrorState();
      RollbackAndReleaseCurrentSubTransaction();
    });
    MemoryContextSwitchTo(memory);
    CurrentResourceOwner = owner;
  };

  call([&] {
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(memory);
  });
  try {
    f();
    call([&] { ReleaseCurrentSubTransaction(); });
    MemoryContextSwitchTo(memory);
    CurrentResourceOwner = owner;
    return true;
  } catch (const PgError&) {
  } catch (...) {
    roll_back();
    throw;
  }

  ErrorData* error = nullptr;
  error_owed = false;
  MemoryContextSwitchTo(memory);
  try {
    call([&] { error = CopyErrorData(); });
  } catch (const PgError&) {
  }
  error_owed = true;
  roll_back();
  if (error == nullptr) throw std::bad_alloc();
  if (error->sqlerrcode == ERRCODE_QUERY_CANCELED) call([&] { ReThrowError(error); });
  survived->sqlstate = error->sqlerrcode;
  cut_to_fit(survived->message, error->message == nullptr ? "" : error->message);
  call([&] { FreeErrorData(error); });
  return false;
}

// Runs `f` on behalf of PostgreSQL. Everything thrown ends here. What is owed when it begins is
// not its own: PostgreSQL was called without call() while an error was on its way.
template <typename F>
auto entry(F f) -> std::invoke_result_t<F&> {
  using R = std::invoke_result_t<F&>;
  const bool owed_outside = std::exchange(error_owed, false);
  try {
    if constexpr (std::is_void_v<R>) {
      f();
      if (!error_owed) {
        error_owed = owed_outside;
        return;
      }
    } else {
      R result = f();
      if (!error_owed) {
        error_owed = owed_outside;
        return result;
      }
    }
  } catch (...) {
    if (!error_owed) describe_current_exception();
  }
  if (std::exchange(error_owed, owed_outside)) PG_RE_THROW();
  raise_outgoing();
}

// Runs the body of a GUC check hook. A refusal is an answer there (false, with its reasons left
// in GUC_check_*), while an error of PostgreSQL itself (cancel, lock timeout) goes on its way.
template <typename F>
bool judge(F f) {
  const bool owed_outside = std::exchange(error_owed, false);
  try {
    f();
    if (!error_owed) {
      error_owed = owed_outside;
      return true;
    }
  } catch (...) {
    if (!error_owed) describe_current_exception();
  }
  if (std::exchange(error_owed, owed_outside)) PG_RE_THROW();
  GUC_check_errcode(outgoing.sqlstate);
  GUC_check_errmsg("%s", outgoing.message);
  if (outgoing.detail[0]) GUC_check_errdetail("%s", outgoing.detail);
  if (outgoing.hint[0]) GUC_check_errhint("%s", outgoing.hint);
  return false;
}

}  // namespace tenancy::pg

// Defines the SQL-callable function `name`. The body runs inside entry().
#define TENANCY_FUNCTION(name)                                           \
  static Datum name##_body(FunctionCallInfo fcinfo);                     \
  extern "C" {                                                           \
  PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                              \
  PG_FUNCTION_INFO_V1(name);                                             \
  Datum name(PG_FUNCTION_ARGS) {                                         \
    return tenancy::pg::entry([fcinfo] { return name##_body(fcinfo); }); \
  }                                                                      \
  }                                                                      \
  static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
