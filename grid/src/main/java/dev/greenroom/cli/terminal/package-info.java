/// Terminal output: size, colours, tables that fit the width, lines that are drawn over. Text comes in,
/// lines go out.
@NullMarked
package dev.greenroom.cli.terminal;

import org.jspecify.annotations.NullMarked;
