// SPDX-License-Identifier: PostgreSQL
// Memory that all processes of the server share.
#pragma once
#include <cstddef>

#include "pg/postgres.hpp"

namespace clientele::pg {

/// Asks for `size` more bytes when the server starts. `at_start` is called once they are there, in
/// each start of the server and after each crash of a process, so that shared_piece() can take its
/// piece before anything else does. To be called in _PG_init; without shared_preload_libraries it
/// does nothing.
void request_shared(size_t size, void (*at_start)() = nullptr);

/// The piece of shared memory that has this name, which is made and given to `init` by the first
/// that asks for it. Without shared_preload_libraries it comes out of what PostgreSQL keeps in
/// reserve, about 100 kB for all extensions. nullptr if there is no room, or if the piece has
/// another size because another version of the library has made it. A piece whose layout changes
/// gets another name, of at most 47 bytes. PostgreSQL regime.
void* shared_piece(const char* name, size_t size, void (*init)(void* piece));

}  // namespace clientele::pg
