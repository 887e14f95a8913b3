package dev.greenroom.architecture.broken.ring.left;

final class ThingImpl {
    static final ThreadLocal<String> HIDDEN = new ThreadLocal<>();

    private ThingImpl() {}
}
