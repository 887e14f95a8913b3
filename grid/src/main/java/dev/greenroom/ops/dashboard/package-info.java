/// The dashboard: one page that needs nothing but itself, `/v1/events` and `/v1/sessions`. Nothing comes in; an answer
/// goes out.
/// The page never loads anything from elsewhere, and its content security policy says so.
@NullMarked
package dev.greenroom.ops.dashboard;

import org.jspecify.annotations.NullMarked;
