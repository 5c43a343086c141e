# GoogleTest's report as TAP, so that every suite is counted the same way.
/^\[       OK \] / { n++; print "ok " n " - " $4; next }
/^\[  FAILED  \] .* \([0-9]+ ms\)$/ { n++; sub(/,$/, "", $4); print "not ok " n " - " $4; next }
/^\[/ { next }
{ print "# " $0 }
END { print "1.." n + 0 }
