// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// Gives the core PostgreSQL's normalisation. For _PG_init.
void install_plain_words();

}  // namespace clientele
