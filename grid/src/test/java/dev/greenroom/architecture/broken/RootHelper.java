package dev.greenroom.architecture.broken;

final class RootHelper {
    private RootHelper() {}
}
