package dev.greenroom.architecture.broken.ring.left;

import dev.greenroom.architecture.broken.ring.right.Right;

public final class Left {
    static final Class<?> OTHER = Right.class;
}
