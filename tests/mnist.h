/* The sizes of MNIST, which the program takes from its files. */
#ifndef MNIST_H
#define MNIST_H

#define MNIST_SIDE 28
#define MNIST_PIXELS (MNIST_SIDE * MNIST_SIDE)
#define MNIST_CLASSES 10

#endif
