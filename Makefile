# SPDX-License-Identifier: PostgreSQL
# Builds and installs the extension: make && make install && make installcheck

EXTENSION  = clientele
MODULE_big = clientele
EXTVERSION = 0.1.0
ROOT      := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

# The table of contents: orders the install SQL, the regression tests and the reference.
FEATURES = journey store sessions funnel paths rfm value churn tags

SOURCES = $(patsubst $(ROOT)%,%,$(wildcard $(ROOT)src/*.cpp $(ROOT)src/base/*.cpp $(ROOT)src/pg/*.cpp \
            $(foreach f,$(FEATURES),$(ROOT)src/$f/*.cpp)))
OBJS    = $(SOURCES:.cpp=.o)
DATA_built = clientele--$(EXTVERSION).sql
# Of a feature: first the file that has its name, then the others in order.
fragments_of = src/$1/$1.sql $(filter-out src/$1/$1.sql,$(patsubst $(ROOT)%,%,$(sort $(wildcard $(ROOT)src/$1/*.sql))))
FRAGMENTS  = src/module.sql $(foreach f,$(FEATURES),$(call fragments_of,$f))

REGRESS = $(shell sed -n 's/^test: //p' $(ROOT)sql/schedule)
REGRESS_OPTS = --inputdir=$(ROOT) --load-extension=clientele --encoding=UTF8

EXTRA_CLEAN = $(SOURCES:.cpp=.d) clientele--*.sql

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
# On 15 the bitcode rule ignores PG_CXXFLAGS, so C++20 would not compile there.
override with_llvm := no
include $(PGXS)
# The rules below name their sources in full. With VPATH a build in another directory would take
# objects that lie beside the sources for its own, without knowing the headers they depend on.
VPATH =
vpath %.control $(ROOT)

CXX_WARNINGS ?= -Wall -Wextra -Werror -Wno-unused-parameter -Wno-register
override CXXFLAGS := -std=c++20 -O3 -g -fPIC -fno-strict-aliasing -fwrapv $(CXX_WARNINGS) $(CXXFLAGS_EXTRA)
override CPPFLAGS := -I$(ROOT)src -I$(shell $(PG_CONFIG) --includedir-server) -D_GNU_SOURCE $(PG_CPPFLAGS)
SHLIB_LINK += -lstdc++ -lm -Wl,--version-script=$(ROOT)src/exports.map

$(OBJS): %.o: $(ROOT)%.cpp
	@mkdir -p $(dir $@)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

-include $(SOURCES:.cpp=.d)

$(shlib): $(ROOT)src/exports.map

clientele--$(EXTVERSION).sql: $(addprefix $(ROOT),$(FRAGMENTS)) $(ROOT)Makefile
	cat $(addprefix $(ROOT),$(FRAGMENTS)) > $@
