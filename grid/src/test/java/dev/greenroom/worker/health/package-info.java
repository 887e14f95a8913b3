@NullMarked
package dev.greenroom.worker.health;

import org.jspecify.annotations.NullMarked;
