/// Sessions that want their browser to be otherwise.
@NullMarked
package dev.greenroom.e2e.wishes;

import org.jspecify.annotations.NullMarked;
