# What holds for every file, as text.

nothing() { # nothing NAME COMMAND...: the command prints nothing
  local name=$1 output
  shift
  output=$("$@" 2>&1 | head -n 40) || true
  report "$name" "$([ -z "$output" ] && echo 1)" "$output"
}

own_text() { # the files that people wrote: no test data, expected output, lock or frozen script
  files '.' | grep -vE '^(test/vectors|test/fuzz/corpus|expected|test/.*/expected)/|package-lock\.json$|requirements.*\.txt$|^sql/pg_tenancy--|\.(gz|xz|bin|der|png)$'
}

unfinished() {
  own_text | grep -v '^test/style/' | xargs grep -nIE '\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|not implemented yet|not yet implemented' || true
}
nothing 'nothing is left unfinished in the text' unfinished

machine_paths() { # homes, private registries: what is true on one machine only
  own_text | grep -v '^test/style/' | xargs grep -nIE '(^|[^A-Za-z0-9_.$}/])/(home|root|Users|farm|work|mnt)/[A-Za-z0-9]|https?://[^/ ]*(registry|index|static|mirror)\.' |
    grep -vE '^test/lib/run\.sh|/root/\.' || true
}
nothing 'no path or registry of one machine' machine_paths

lock_addresses() { files 'package-lock\.json$|requirements.*\.txt$' | xargs -r grep -nE '"resolved"|--index-url|https?://' || true; }
nothing 'lock files name versions and hashes, no download addresses' lock_addresses

long_files() {
  own_text | grep -E '\.(cpp|hpp|sql|sh|pl|pm|py|mjs|js|ts)$|Makefile$|\.mk$' | xargs wc -l | awk '$2 != "total" && $1 > 450 { print $1, $2 }'
}
nothing 'no file is longer than 450 lines' long_files

long_lines() { # a literal that cannot be broken may be longer
  files '\.(cpp|hpp)$' | xargs awk 'length($0) > 100 && !/https?:\/\// && !/R"\(/ { print FILENAME ":" FNR }'
}
nothing 'C++ keeps to 100 columns' long_lines

trailing_space() { own_text | xargs grep -nIE '[ 	]+$' | grep -v '\.md:' || true; }
nothing 'no trailing white space' trailing_space

bad_shell() {
  local file
  for file in $(own_text); do
    case $file in
      *.sh) ;;
      *) head -c 40 "$file" | head -n 1 | grep -qE '^#!.*\b(ba)?sh' || continue ;;
    esac
    bash -n "$file" 2>&1 || true
  done
}
nothing 'every shell script parses' bad_shell

not_executable() {
  local file
  for file in $(own_text); do
    [ -x "$file" ] || ! head -c 2 "$file" | grep -q '^#!' || echo "$file begins with #! and is not executable"
  done
}
nothing 'what begins with #! can be run' not_executable

# One version, said in META.json.
version=$(sed -n 's/^  "version": "\(.*\)",/\1/p' META.json)
expect 'META.json is JSON' jq -e . META.json
expect 'META.json names one version everywhere' \
  jq -e --arg v "$version" '.version == $v and .provides.pg_tenancy.version == $v
    and .provides.pg_tenancy.file == "sql/pg_tenancy--" + $v + ".sql"' META.json
expect 'the control file has the version' grep -qxF "default_version = '$version'" pg_tenancy.control
expect 'CHANGELOG.md has the version' grep -qxF "## $version" CHANGELOG.md

dead_links() { # relative links of the docs lead somewhere
  local file target
  for file in $(files '\.md$'); do
    { grep -oE '\]\([^)#]+' "$file" || true; } | sed 's/^](//' | grep -v '^[a-z]*:' | while read -r target; do
      [ -e "$(dirname "$file")/$target" ] || echo "$file: $target"
    done
  done
}
nothing 'every link between the docs leads somewhere' dead_links

untested() { # a suite that make check does not know is forgotten
  local suite
  for suite in test/*/suite.sh; do
    suite=$(basename "$(dirname "$suite")")
    sed -n 's/^  SUITES=(\(.*\))/\1/p' test/check.sh | tail -n 1 | grep -qw "$suite" || echo "$suite"
    [ -x "test/$suite/suite.sh" ] || echo "$suite is not executable"
  done
}
nothing 'make check runs every suite' untested

# Codes of the audit's rules stand beside a class or a severity, or in a table of variants.
undocumented_rules() {
  cat src/ddl/8[1-7]_audit_*.sql |
    grep -oE "'(isolation|performance|environment|authorization)', '[a-z_]+'|'[a-z_]+', '(critical|high|medium|low)'|\((true|false), '[a-z_]+'" |
    grep -oE "'[a-z]+(_[a-z]+)+'" | tr -d "'" | sort -u | while read -r code; do
      grep -qF "\`$code\`" doc/audit.md || echo "$code is not in doc/audit.md"
    done
}
nothing 'doc/audit.md explains every rule of the audit' undocumented_rules
