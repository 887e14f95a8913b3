/// Programs, users and folders of the operating system: runs child processes with limits and deadlines, and
/// prepares what another user may read.
@NullMarked
package dev.greenroom.worker.process;

import org.jspecify.annotations.NullMarked;
