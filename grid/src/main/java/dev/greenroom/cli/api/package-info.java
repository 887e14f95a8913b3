/// The grid's API as a tool sees it from outside: an address goes in, records and sentences come out.
///
/// What never happens here: an answer that is waited for without a deadline, a token in a message.
@NullMarked
package dev.greenroom.cli.api;

import org.jspecify.annotations.NullMarked;
