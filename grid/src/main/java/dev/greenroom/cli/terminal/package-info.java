/// What a person sees: how wide the terminal is, whether it has colours, tables that fit into it, lines that are drawn
/// over. Texts come in, lines go out; nothing here knows what they are about.
@NullMarked
package dev.greenroom.cli.terminal;

import org.jspecify.annotations.NullMarked;
