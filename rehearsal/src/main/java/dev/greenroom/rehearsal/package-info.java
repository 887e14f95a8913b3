/// The training run that fills the AOT cache. It runs the program once with a fake Redis and fake
/// browsers. The build and the images run it; it is not part of the program.
@org.jspecify.annotations.NullMarked
package dev.greenroom.rehearsal;
