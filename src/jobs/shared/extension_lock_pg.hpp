// SPDX-License-Identifier: PostgreSQL
// DROP EXTENSION waits for runs in progress. PostgreSQL's regime, in a transaction.
#pragma once

namespace clientele::jobs {

/// Keeps the extension while this process runs a job, until unlock_extension() or the end of the
/// process, also if a transaction fails. DISCARD ALL releases it, and it can be called again.
/// Errors: 42704 if the extension has gone.
void lock_extension();
void unlock_extension();

/// Waits until no other process keeps the extension, and lets none do so until the end of the
/// transaction.
void lock_extension_alone();

}  // namespace clientele::jobs
