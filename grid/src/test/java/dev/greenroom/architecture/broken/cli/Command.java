package dev.greenroom.architecture.broken.cli;

public record Command(String name) {}
