// SQL functions that stay below the border: plain PostgreSQL code in C++ clothes.
//
// A leaf throws nothing and keeps no object with a destructor, so that it may raise and be jumped
// over like C. It is for what runs once per row: operators, hashes, input and output of types.
#pragma once

#include "pg/postgres.hpp"

// Defines the SQL-callable function `name` without a door around it.
#define TENANCY_LEAF(name)                  \
  extern "C" {                              \
  PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
  PG_FUNCTION_INFO_V1(name);                \
  }                                         \
  Datum name([[maybe_unused]] FunctionCallInfo fcinfo)
