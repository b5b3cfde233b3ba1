// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// Gives the core PostgreSQL's normalisation, libidn2 for domains, and libphonenumber for phone
/// numbers. For _PG_init.
void install_cleaning_hooks();
/// A part of it.
void install_phone_hook();

}  // namespace clientele
