// What the TypeScript side asks: words in the arena, in the order of these structures (commands.ts writes them). All
// offsets are in bytes from the arena's start; 0 is "none". Bounds are checked before they are written.
#ifndef EDDY_COMMANDS_H
#define EDDY_COMMANDS_H

#include "lanes.h"

// A tensor [batch, units] lies in tiles of `lanes` rows: tile by tile, unit by unit, lane by lane. With one lane that
// is row after row. The last tile is filled up with rows that nobody reads.

// A recurrent matrix without its zeros, by blocks of sources and segments of targets. In a segment targets are sorted
// by how many sources they have in the block and stand in groups of GROUP, filled up to the longest with zeros; source
// by source, a group's weights lie side by side. Sources ascend, so every sum has one order.
#define GROUP 4
#define SEGMENT 128
#define GROUPS (SEGMENT / GROUP)
typedef struct {
  u32 neurons, blocks, blockRows, segments;
  u32 starts;  // u32 [blocks][segments] first weight
  u32 counts;  // u16 [blocks][segments][GROUPS] sources of a group
  u32 columns; // u16 [blocks][segments][SEGMENT] targets, within the segment
  u32 sources; // u16 by weight, within the block
  u32 weights; // f32
  // Forms for one row at a time; 0 where they are not made.
  u32 panels;    // f32 [ceil(neurons / PANEL)][neurons][PANEL] with its zeros
  u32 slots;     // see settle-row.h
  u32 slotStarts, slotCounts, slotSources;
  u32 rowPanels, rowPanelWidth; // targets by panels, sources by rows: for changes
  u32 rowStarts;                // u32 [rowPanels][neurons + 1]
  u32 rowTargets;               // u16 by weight, within the panel
  u32 rowWeights;               // f32
} matrix;

enum { LISTS, PANELS, SLOTS };

// One module's iterations.
typedef struct {
  u32 matrix, form, activation, iterations;
  u32 batch, lanes, tiles;
  u32 bias, from, drive;
  u32 state, other; // results alternate so that the last of all iterations would be in `state`
  u32 needed;       // u8 [segments], or none for all
  u32 quiet;        // scratch u8 [tiles][segments]: all zero after the first iteration from zero
  u32 chunks;       // into how many parts the targets of a tile are split
  u32 measured;     // residual: 0 never, 1 in the last iteration, 2 in each
  float tolerance;
  float gain; // of the recurrent product
  float step, kept; // what a unit goes of its way in an iteration, and what it keeps of its state: 1 - step
  // event-driven propagation: none of them, or all
  u32 epsilonSet;
  float epsilon;
  u32 spoken, sum;   // written; they hold what was remembered, or what `full` says
  u32 delta;         // scratch [batch, neurons]
  u32 active;        // scratch u32 [neurons + 1]: count and units that speak, one row
  u32 full;          // the first iteration's product is of the whole state
  // results
  u32 made;
  u32 settled;  // the residual fell to the tolerance
  u32 residual; // bits of a float >= 0
  u32 changed;  // whether any state differs from the one before
  u32 spoke;    // whether any unit spoke
  u32 speaking; // whether any does in this iteration
} job;

// All modules of a settle.
typedef struct {
  u32 jobs, count;
  u32 parts;     // in all
  u32 iteration; // of now, from 1; 0: each part makes all iterations by itself
} settling;

// One pathway's part of a drive, dense weights [from, to].
typedef struct {
  u32 source, sourceUnits, sourceStart, sourceCount;
  u32 weights;
  u32 targetStart, targetCount;
  float scale;
} term;

typedef struct {
  u32 batch, lanes, tiles, units;
  u32 terms, count;
  u32 base;   // [batch, units]
  u32 bias;   // [units]
  u32 result; // [batch, units]
  u32 nonlinearity; // an activation, NOTHING or SOFTMAX
  u32 chunks; // of the units of a tile
  u32 scratch; // u32 list of sources that are not zero, for each part
  u32 scratchStride;
} projecting;
enum { NOTHING = 100, SOFTMAX = 101 };

typedef struct {
  u32 batch, lanes, tiles;
  u32 source, sourceUnits, sourceStart; // source 0: ones
  u32 error, errorUnits, errorStart;
  float scale;
  u32 rows; // scratch: errors of the block row by row, [batch][padded columns]; lanes > 1
} gradient;

typedef struct {
  u32 terms, count;
  u32 rows, columns; // of the weights
  u32 weights, first, second;
  u32 result; // gradient, or none
  u32 chunks;
  u32 adam;   // or sgd
  float rate, beta1, beta2, epsilon, secondFactor;
  u32 transposing; // while errors are brought into rows: which term, from 1
} learning;

// Elementwise, over `count` vectors of sixteen.
typedef struct {
  u32 a, b, result, count;
  u32 activation; // of a derivative: a is the state
} elementwise;

// Between rows [batch][units] and tiles.
typedef struct {
  u32 rows, tiles, batch, units, lanes;
} packing;

enum { SETTLE, PROJECT, LEARN, DIFFERENCE, DERIVATIVE, PACK, UNPACK };

#define AT(type, offset) ((type *)(arena + (offset)))

#endif
