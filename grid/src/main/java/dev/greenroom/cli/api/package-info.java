/// The grid's HTTP API from a client's point of view: an address comes in, records or an error sentence go
/// out. Every call has a deadline; no token ever appears in a message.
@NullMarked
package dev.greenroom.cli.api;

import org.jspecify.annotations.NullMarked;
