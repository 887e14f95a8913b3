/// The JSON mapper and the text resources of the program. Every other package may use this one.
@NullMarked
package dev.greenroom.data;

import org.jspecify.annotations.NullMarked;
