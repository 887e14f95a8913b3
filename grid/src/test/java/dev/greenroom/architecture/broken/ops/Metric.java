package dev.greenroom.architecture.broken.ops;

public record Metric(String name) {}
