// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// The expected purchases, within a time, of a customer who buys at a rate ~ Gamma(n, A) and leaves
/// after each purchase with a probability p ~ Beta(a, b); y = time / A >= 0:
///   E[(1 - (1 + p y)^-n) / p] = (a+b-1)/(a-1) (1 - (1+y)^-n 2F1(n, b; a+b-1; y/(1+y))),
/// as in eqs. 9 and 10 of Fader, Hardie & Lee (2005). The computation neither cancels nor
/// overflows, also for a = 1.
double purchases_until_dropout(double n, double y, double a, double b);

}  // namespace clientele
