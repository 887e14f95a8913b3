/// A client of the HTTP API of a grid. Every call has a deadline and returns records, or fails with one
/// sentence; no message contains a token.
@NullMarked
package dev.greenroom.cli.api;

import org.jspecify.annotations.NullMarked;
