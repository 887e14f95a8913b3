package dev.greenroom.architecture.broken.proxy.admission;

public record Admitted(String client) {}
