// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <stdexcept>
#include <string>
#include <utility>

namespace clientele {

/// The SQLSTATEs that are thrown, which appendix A of PostgreSQL's manual lists.
namespace sqlstate {
inline constexpr char out_of_range[] = "22003";
inline constexpr char null_not_allowed[] = "22004";
inline constexpr char time_out_of_range[] = "22008";
inline constexpr char invalid_encoding[] = "22021";
inline constexpr char invalid_parameter[] = "22023";
inline constexpr char invalid_text[] = "22P02";
inline constexpr char invalid_binary[] = "22P03";
inline constexpr char insufficient_privilege[] = "42501";
inline constexpr char syntax_error[] = "42601";
inline constexpr char undefined_object[] = "42704";
inline constexpr char wrong_object_type[] = "42809";
inline constexpr char undefined_table[] = "42P01";
inline constexpr char undefined_parameter[] = "42P02";
inline constexpr char not_supported[] = "0A000";
inline constexpr char limit_exceeded[] = "54000";
inline constexpr char too_complex[] = "54001";
inline constexpr char not_in_prerequisite_state[] = "55000";
inline constexpr char corrupted[] = "XX001";
}  // namespace sqlstate

/// An error meant for the person who wrote the query. `what()` is the message.
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

  const char* code() const noexcept { return code_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  const char* code_;
  std::string hint_;
};

}  // namespace clientele
