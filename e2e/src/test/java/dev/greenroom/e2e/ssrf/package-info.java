/// What a session can reach that it should not: addresses in every spelling, the grid's neighbours, the
/// machine's files. Results are committed as they are (`docs/ssrf.md`).
@NullMarked
package dev.greenroom.e2e.ssrf;

import org.jspecify.annotations.NullMarked;
