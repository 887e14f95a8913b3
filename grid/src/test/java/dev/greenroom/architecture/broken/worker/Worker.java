package dev.greenroom.architecture.broken.worker;

public record Worker(String name) {}
