package dev.greenroom.architecture.broken.ring.left;

record DefaultThing(String name) {}
