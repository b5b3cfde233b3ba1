// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// 128 bits for what lies in PostgreSQL's memory, which is aligned to 8 bytes only.
using Int128 [[gnu::aligned(8)]] = __int128;
using UInt128 [[gnu::aligned(8)]] = unsigned __int128;

}  // namespace clientele
