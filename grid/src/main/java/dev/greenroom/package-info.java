/// The commands of Greenroom. What comes in is a command line; what goes out is an exit code; no request is ever served
/// here.
@NullMarked
package dev.greenroom;

import org.jspecify.annotations.NullMarked;
