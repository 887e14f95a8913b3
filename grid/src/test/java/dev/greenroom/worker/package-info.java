/// Tests of one worker process and its runs.
@NullMarked
package dev.greenroom.worker;

import org.jspecify.annotations.NullMarked;
