# SPDX-License-Identifier: PostgreSQL
# Builds and installs the extension: make && make install && make installcheck

EXTENSION  = clientele
MODULE_big = clientele
EXTVERSION = 0.2.0
ROOT      := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

# The table of contents: the order of the objects, the install SQL and the reference.
FEATURES = journey store sessions \
           funnel/search funnel/steps funnel/rows funnel/bottlenecks funnel/correlation \
           sequences/matching sequences/next_node paths/found paths/links paths/counts paths/dwell \
           patterns/pattern patterns/matches patterns/rows retention/table retention/rows \
           attribution/touches attribution/heuristics attribution/markov attribution/shapley attribution/credits \
           engagement/activity engagement/intervals engagement/counts lifecycle rfm \
           value/purchases value/fitted value/spend value/contracts value/btyd models \
           churn/features churn/logistic churn/model churn/classification churn/thresholds churn/uplift \
           tags/query tags/bitmap tags/audience tags/scores tags/defined tags/starter \
           sources/cleaning identity/resolution identity/attributes identity/matching \
           sources/mapping sources/rows sources/batch sources/ingest sources/quality \
           questions/segments questions/defined questions/starter questions/change \
           customers/profile customers/persona privacy/consents \
           actions/outbox actions/defined actions/campaigns actions/crm \
           actions/effect \
           warning/strategies warning/defined warning/refresh \
           alerts/anomaly alerts/metrics alerts/raised \
           satisfaction/surveys satisfaction/drivers satisfaction/complaints \
           satisfaction/words satisfaction/text satisfaction/pain \
           points/ledger points/store \
           reports/pictures reports/data reports/page \
           jobs/schedule jobs/decision jobs/shared jobs/defined jobs/running jobs/scheduler jobs/defaults

# A shared object of its own, from the one source that needs libphonenumber. It is made if the headers are there;
# WITH_PHONE=yes or no decides it by hand.
PHONE_SOURCE = src/sources/cleaning/phone_module.cpp

SOURCES = $(filter-out $(PHONE_SOURCE),$(patsubst $(ROOT)%,%,$(wildcard $(ROOT)src/*.cpp $(ROOT)src/base/*.cpp $(ROOT)src/pg/*.cpp \
            $(foreach f,$(FEATURES),$(ROOT)src/$f/*.cpp))))
# CORE_OBJECTS is a directory in which the same compiler has compiled the same sources for another server.
# Objects of sources that include no header of PostgreSQL are taken from there.
GLUE    = $(filter src/module.cpp src/pg/% %_pg.cpp,$(SOURCES))
MINE    = $(if $(CORE_OBJECTS),$(GLUE),$(SOURCES))
OBJS    = $(MINE:.cpp=.o) $(addprefix $(CORE_OBJECTS)/,$(patsubst %.cpp,%.o,$(filter-out $(MINE),$(SOURCES))))
# The versions from which a database can be updated to this one.
UPGRADES   = $(patsubst $(ROOT)src/upgrade/%.sql,%,$(wildcard $(ROOT)src/upgrade/*.sql))
DATA_built = clientele--$(EXTVERSION).sql $(UPGRADES:%=clientele--%--$(EXTVERSION).sql)
# The SQL of a feature: first the file that has its name, if there is one, then the others in order.
sql_of       = $(patsubst $(ROOT)%,%,$(sort $(wildcard $(ROOT)src/$1/*.sql)))
fragments_of = $(filter %/$(notdir $1).sql,$(sql_of)) $(filter-out %/$(notdir $1).sql,$(sql_of))
FRAGMENTS  = src/module.sql src/store/trust.sql $(filter-out src/store/trust.sql,$(foreach f,$(FEATURES),$(call fragments_of,$f)))

REGRESS = $(shell sed -n 's/^test: //p' $(ROOT)sql/schedule)
REGRESS_OPTS = --inputdir=$(ROOT) --load-extension=clientele --encoding=UTF8

PHONE_OBJECT = $(if $(CORE_OBJECTS),$(CORE_OBJECTS)/)$(PHONE_SOURCE:.cpp=.o)
COMPILED = $(MINE) $(if $(CORE_OBJECTS),,$(PHONE_SOURCE))

EXTRA_CLEAN = $(COMPILED:.cpp=.d) $(if $(CORE_OBJECTS),,$(PHONE_OBJECT)) clientele_phone$(DLSUFFIX) clientele--*.sql

# The builder's choice, from the environment or the command line, before PostgreSQL's makefiles set the
# flags with which PostgreSQL was built.
given = $(if $(filter environment command%,$(origin $1)),$($1))
GIVEN_CXX      := $(call given,CXX)
GIVEN_CXXFLAGS := $(call given,CXXFLAGS)
GIVEN_CPPFLAGS := $(call given,CPPFLAGS)
GIVEN_LDFLAGS  := $(call given,LDFLAGS)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
# On 15 the bitcode rule ignores PG_CXXFLAGS, so C++20 would not compile there.
override with_llvm := no
include $(PGXS)
# The rules below name their sources in full. With VPATH a build in another directory would use
# objects beside the sources, without knowing the headers they depend on.
override VPATH :=
vpath %.control $(ROOT)

# Without -g, so that what `make install` installs is small; CXXFLAGS=-g adds it.
# Later flags win, so the builder's are the last. The binary does not depend on where it was built.
CXX_WARNINGS ?= -Wall -Wextra -Wno-unused-parameter -Wno-register
override CXX := $(or $(GIVEN_CXX),$(CXX))
override CXXFLAGS := -std=c++20 -O3 -fPIC -fno-strict-aliasing -fwrapv -ffile-prefix-map=$(ROOT)= -ffile-prefix-map=$(CURDIR)=. $(CXX_WARNINGS) \
                     $(GIVEN_CXXFLAGS) $(CXXFLAGS_EXTRA)
override CPPFLAGS := -I$(ROOT)src -I$(shell $(PG_CONFIG) --includedir-server) -D_GNU_SOURCE $(PG_CPPFLAGS) $(GIVEN_CPPFLAGS)
override LDFLAGS += $(GIVEN_LDFLAGS)
# Links with the flags of compilation: PostgreSQL's are for another language, and perhaps another compiler.
override COMPILER = $(CXX) $(CXXFLAGS)
SHLIB_LINK += -lstdc++ -lm -Wl,--version-script=$(ROOT)src/exports.map

src/module.o: override CPPFLAGS += -DCLIENTELE_VERSION='"$(EXTVERSION)"'
src/module.o: $(ROOT)Makefile

# Written under another name first, so that an interrupted build leaves no incomplete object.
$(COMPILED:.cpp=.o): %.o: $(ROOT)%.cpp
	@mkdir -p $(dir $@)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -MMD -MP -MF $*.d -MT $@ -c $< -o $@.part
	@mv $@.part $@

-include $(COMPILED:.cpp=.d)

$(shlib): $(ROOT)src/exports.map

HAS_PHONE = printf '%s\n' '\#if __has_include(<phonenumbers/phonenumberutil.h>)' yes '\#endif' | $(CXX) $(CPPFLAGS) -x c++ -E -P - 2>&1
WITH_PHONE := $(or $(WITH_PHONE),$(if $(filter yes,$(shell $(HAS_PHONE))),yes,no))

PHONE_LIBRARY = clientele_phone$(DLSUFFIX)
install_phone = rm -f '$(DESTDIR)$(pkglibdir)/$(PHONE_LIBRARY)'
ifneq ($(WITH_PHONE),no)
all: $(PHONE_LIBRARY)
install: $(PHONE_LIBRARY)
install_phone = $(INSTALL_SHLIB) $(PHONE_LIBRARY) '$(DESTDIR)$(pkglibdir)/'
endif

$(PHONE_LIBRARY): $(PHONE_OBJECT) $(ROOT)src/exports.map $(ROOT)Makefile
	$(COMPILER) -shared -o $@.part $(PHONE_OBJECT) $(GIVEN_LDFLAGS) -Wl,--version-script=$(ROOT)src/exports.map -lphonenumber
	@mv $@.part $@

# Without it none stays that an earlier version has left.
install: install-phone
uninstall: uninstall-phone
.PHONY: install-phone uninstall-phone
install-phone: installdirs
	$(install_phone)
uninstall-phone:
	rm -f '$(DESTDIR)$(pkglibdir)/$(PHONE_LIBRARY)'

# Statements that many types share are written once, in a file of src/pg. A line \FILE TYPE puts them in.
SHAPES = packed from_text comparable collected

clientele--$(EXTVERSION).sql: $(addprefix $(ROOT),$(FRAGMENTS)) $(SHAPES:%=$(ROOT)src/pg/%.sql) $(ROOT)Makefile
	awk -v shapes=' $(SHAPES) ' '!/^\\/ || !index(shapes, " " substr($$1, 2) " ") { print; next } \
	  { shape = "$(ROOT)src/pg/" substr($$1, 2) ".sql"; type = $$2; $$1 = $$2 = ""; sub(/^ +/, ""); equal = $$0; \
	    while ((getline line < shape) > 0) \
	      if (line !~ /^--/) { gsub(/THE_TYPE/, type, line); sub(/WHAT EQUAL ONES DO/, equal, line); print line } \
	    close(shape) }' $(addprefix $(ROOT),$(FRAGMENTS)) > $@.part
	@mv $@.part $@

# All changes since that version, and the install script so that it can be run again.
REPEATABLE = $(ROOT)src/upgrade/repeatable.awk

$(UPGRADES:%=clientele--%--$(EXTVERSION).sql): clientele--%--$(EXTVERSION).sql: clientele--$(EXTVERSION).sql $(ROOT)clientele.control $(REPEATABLE) $(wildcard $(ROOT)src/upgrade/*.sql)
	awk -v comment="$$(sed -n 's/^comment = //p' $(ROOT)clientele.control)" -f $(REPEATABLE) \
	  $$(printf '%s\n' $(UPGRADES) | sort -V | sed -n '/^$*$$/,$$s|.*|$(ROOT)src/upgrade/&.sql|p') $< > $@.part
	@mv $@.part $@
