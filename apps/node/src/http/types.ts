import type { FastifyAdapter } from '@nestjs/platform-fastify';

type Hook = Parameters<FastifyAdapter['setOnRequestHook']>[0];

/** Fastify's request, as Nest hands it out. */
export type Request = Parameters<Hook>[0];

/** Fastify's reply, as Nest hands it out. */
export type Reply = Parameters<Hook>[1];

/** The Fastify instance below Nest. */
export type Instance = Request['server'];
