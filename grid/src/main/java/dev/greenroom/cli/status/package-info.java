/// `greenroom status`: what the API says of a grid, as a table that is drawn once or again and again. Reads only.
@NullMarked
package dev.greenroom.cli.status;

import org.jspecify.annotations.NullMarked;
