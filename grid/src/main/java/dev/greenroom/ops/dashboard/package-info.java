/// The dashboard: one page that needs nothing but itself and `/v1/overview`. Nothing comes in; an answer goes out.
/// The page never loads anything from elsewhere, and its content security policy says so.
@NullMarked
package dev.greenroom.ops.dashboard;

import org.jspecify.annotations.NullMarked;
