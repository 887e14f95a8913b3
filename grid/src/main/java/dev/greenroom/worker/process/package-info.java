/// Programs, users and folders of the operating system: runs child processes with limits and deadlines.
@NullMarked
package dev.greenroom.worker.process;

import org.jspecify.annotations.NullMarked;
