package dev.greenroom.architecture.broken.proxy.access;

public record Authorized(String tenant) {}
