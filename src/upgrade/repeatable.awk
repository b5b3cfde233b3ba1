# SPDX-License-Identifier: PostgreSQL
# Makes the script that updates the extension from an older version to this one:
#   awk -f repeatable.awk src/upgrade/OLDEST.sql … src/upgrade/NEWEST.sql clientele--VERSION.sql
# The files of src/upgrade/ say what has gone or changed; what stands after a line \present comes after the rest. The rest is the install
# script, made so that it can be run where its objects are already. Statements begin at the start of a line; those of the kinds below end
# with the first line that ends in a semicolon.

BEGIN {
  print "-- SPDX-License-Identifier: PostgreSQL"
  print "\\echo Use \"ALTER EXTENSION clientele UPDATE\" to load this file. \\quit"
}

FNR == 1 { installing = FILENAME ~ /clientele--[^\/]*$/; late = 0 }

!installing && $1 == "\\present" { late = 1; next }
!installing { if (late) after = after $0 "\n"; else print; next }

/^\\echo / { next }
# Who may use the schema is said once.
/^GRANT USAGE ON SCHEMA / { next }
/^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW) / { sub(/^CREATE /, "CREATE OR REPLACE ") }

# These cannot be replaced: what is there already stays as it is.
/^CREATE (TYPE|TABLE|SEQUENCE|OPERATOR|CAST) / { print "DO $present$ BEGIN"; guarded = 1 }
{ print }
guarded && /;$/ {
  print "EXCEPTION WHEN duplicate_object OR duplicate_function OR duplicate_table THEN NULL; END $present$;"
  guarded = 0
}

END { printf "%s", after }
