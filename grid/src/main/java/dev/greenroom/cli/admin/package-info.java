/// `greenroom status` and `greenroom drain`: show the state of a grid and drain a worker, through the HTTP
/// API.
@NullMarked
package dev.greenroom.cli.admin;

import org.jspecify.annotations.NullMarked;
