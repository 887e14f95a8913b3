package dev.greenroom.architecture.broken.proxy;

public record Proxy(String name) {}
