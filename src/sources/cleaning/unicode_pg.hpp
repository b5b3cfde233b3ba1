// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// Gives the core PostgreSQL's normalisation, and libidn2 for domains. For _PG_init.
void install_cleaning_hooks();

}  // namespace clientele
