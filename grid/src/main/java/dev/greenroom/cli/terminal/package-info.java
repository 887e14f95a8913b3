/// Terminal output: size, styles, tables that fit the width, and lines that are redrawn in place.
@NullMarked
package dev.greenroom.cli.terminal;

import org.jspecify.annotations.NullMarked;
