/// The training run that fills the AOT cache: the program is started once, with stand-ins for Redis and
/// for browsers. The build and the images run it; nothing here is part of the program.
@org.jspecify.annotations.NullMarked
package dev.greenroom.rehearsal;
