package dev.greenroom.architecture.broken.ring.right;

import dev.greenroom.architecture.broken.ring.left.Left;

public final class Right {
    static final Class<?> OTHER = Left.class;
}
