/// Tests of finding browsers, with shell scripts in their place.
@NullMarked
package dev.greenroom.worker.browser;

import org.jspecify.annotations.NullMarked;
