# The C++: format, the border, warnings of the other compiler, clang-tidy.

formatted() { files '^(src|test)/.*\.(cpp|hpp)$' | xargs clang-format-14 --dry-run --Werror; }
expect 'C++ is formatted (clang-format-14)' formatted
expect 'the border between C++ and PostgreSQL' "$TOP/.ci/check_border.sh"

# g++ builds the product with -Werror in build/root already; here the objects are clang's own.
clang() {
  make -s -f "$HERE/clang.mk" -j2 PG_CONFIG="$PG_CONFIG" OUT="$BUILD/clang" "$@"
}
expect 'clang++ builds everything without a warning' clang objects

# One test per file: what clang-tidy says of it.
clang -k tidy >"$WORK/tidy.log" 2>&1 || true
for source in $(files '^src/.*\.cpp$'); do
  expect "clang-tidy: $source" clang tidy SOURCES="$source"
done

# The flags and checks really refuse what they are there for.
mkdir -p "$WORK/src"
echo 'int f() { int unused = 1; return 0; }' >"$WORK/src/unused.cpp"
refuse 'control: an unused variable stops the build' clang objects SOURCES=build/style/src/unused.cpp
refuse 'control: clang-tidy reports a use after a move' clang tidy SOURCES=test/style/faulty.cpp
